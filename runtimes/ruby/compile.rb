# frozen_string_literal: true

# Compiles the files in folders, and runs none of them: what Ruby would otherwise do at every cold start. Tells on
# stdout what it made (src/worker/compiled/unpack.ts): one file `modules`, which lambdad_runtime/compiled.rb reads.

require 'zlib'

module LambdadRuntime
  # From folders to an archive.
  module Compiler
    # Beyond this a package holds more than a function would load.
    SOURCE_BYTES_MAX = 48 * 1024 * 1024
    RESULT_BYTES_MAX = 60 * 1024 * 1024
    PROCESSOR_SECONDS_MAX = 60

    NAME = "lambdad1 #{RUBY_DESCRIPTION}\n".b.freeze

    module_function

    def tell(folders)
      out = $stdout.dup
      # Warnings of the compiler are no part of what is told.
      [$stdout, $stderr].each { |stream| stream.reopen(File::NULL, 'w') }
      Process.setpriority(Process::PRIO_PROCESS, 0, 19)
      result = archive(compiled(folders))
      out.binmode
      out.write("\x07modules".b, [result.bytesize].pack('N'), result) unless result.empty?
      out.write("\0")
      out.flush
    end

    # Those near the top first: what is deep down is the least likely to be loaded.
    def sources(folders)
      waiting = folders.dup
      Enumerator.new do |found|
        while (folder = waiting.shift)
          children(folder).each do |path|
            stat = File.lstat(path)
            waiting << path if stat.directory?
            found.yield(path, stat.size) if stat.file? && path.end_with?('.rb')
          end
        end
      end
    end

    def children(folder)
      Dir.children(folder).sort.map { |name| "#{folder}/#{name}" }
    rescue SystemCallError
      []
    end

    # Compiled files by their paths, as many as the bounds allow.
    def compiled(folders)
      made = {}
      source_bytes = result_bytes = 0
      sources(folders).each do |path, size|
        source_bytes += size
        break if source_bytes > SOURCE_BYTES_MAX || Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) > PROCESSOR_SECONDS_MAX

        binary = compile(path)
        next if binary.nil?

        result_bytes += binary.bytesize
        break if result_bytes > RESULT_BYTES_MAX

        made[path] = binary
      end
      made
    end

    # Nothing for what is not for this version of Ruby, or not for any: whoever loads it is told.
    def compile(path)
      RubyVM::InstructionSequence.compile_file(path).to_binary
    rescue ScriptError, StandardError, SystemStackError
      nil
    end

    # Name and Ruby's version, length and checksum of the index, the index, all code.
    def archive(made)
      return '' if made.empty?

      offset = 0
      index = made.transform_values do |binary|
        offset += binary.bytesize
        [offset - binary.bytesize, binary.bytesize, Zlib.crc32(binary)]
      end
      packed = Marshal.dump(index)
      [NAME, [packed.bytesize, Zlib.crc32(packed)].pack('NN'), packed, *made.values].join
    end
  end
end

LambdadRuntime::Compiler.tell(ARGV) if $PROGRAM_NAME == __FILE__
