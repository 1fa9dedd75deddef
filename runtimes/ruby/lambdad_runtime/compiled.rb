# frozen_string_literal: true

require 'zlib'

module LambdadRuntime
  # Files of the function and its layers that were compiled ahead (compile.rb). What is absent, damaged or made by
  # another Ruby is compiled as ever.
  class Compiled
    NAME = "lambdad1 #{RUBY_DESCRIPTION}\n".b.freeze

    # Not where the function has settings of its own for what Ruby compiles.
    def self.use(folder)
      return if ENV.key?('RUBYOPT')

      compiled = new("#{folder}/modules")
      RubyVM::InstructionSequence.define_singleton_method(:load_iseq) { |path| compiled.load(path) }
    rescue StandardError
      nil
    end

    # Raises where it is of no use.
    def initialize(path)
      @file = File.open(path, 'rb')
      raise 'made by another Ruby' unless @file.read(NAME.bytesize) == NAME

      length, checksum = @file.read(8).unpack('NN')
      index = @file.read(length)
      # Damaged bytes would crash Ruby.
      raise 'damaged' unless Zlib.crc32(index) == checksum

      @index = Marshal.load(index)
      @start = NAME.bytesize + 8 + length
    end

    def load(path)
      offset, length, checksum = @index[path]
      return if offset.nil? || (defined?(Coverage) && Coverage.running?)

      code = @file.pread(length, @start + offset)
      RubyVM::InstructionSequence.load_from_binary(code) if Zlib.crc32(code) == checksum
    rescue StandardError
      nil
    end
  end
end
