# frozen_string_literal: true

module LambdadRuntime
  # Where log events go: to the framed channel where there is one, else to stdout.
  module Log
    TEXT = 0xA55A0003
    JSON_FRAME = 0xA55A0002
    # The bits of a frame for each of Logger's levels.
    BITS = { 'DEBUG' => 0x08, 'INFO' => 0x0c, 'WARN' => 0x10, 'ERROR' => 0x14, 'FATAL' => 0x18 }.freeze

    class << self
      attr_accessor :request_id
      attr_reader :level

      def open(env)
        descriptor = env.delete('_LAMBDA_TELEMETRY_LOG_FD')
        @frames = descriptor && IO.for_fd(descriptor.to_i, 'wb', autoclose: false).tap { |io| io.sync = true }
        @json = env['AWS_LAMBDA_LOG_FORMAT'].to_s.upcase == 'JSON'
        @level = env['AWS_LAMBDA_LOG_LEVEL'].to_s.upcase
        $stdout.sync = true
        patch_when_loaded
      end

      def json?
        @json
      end

      def write(text, severity = nil)
        return $stdout.write(text) if @frames.nil?

        body = text.b
        type = (@json ? JSON_FRAME : TEXT) | BITS.fetch(severity, 0)
        micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        @frames.write([type, body.bytesize, micros].pack('NNQ>') << body)
      rescue SystemCallError
        # Where the other end is closed, it is lost.
      end

      def failure(failure, message)
        return write("#{JSON.generate(record(failure, message))}\n", 'ERROR') if @json

        # Lambda's own line: JSON in Text, too.
        write("#{JSON.generate({ message: message, **failure.told })}\n")
      end

      private

      def record(failure, message)
        timestamp = Time.now.utc.strftime('%Y-%m-%dT%H:%M:%S.%LZ')
        { timestamp: timestamp, level: 'ERROR', message: message, requestId: request_id, **failure.told }.compact
      end

      # Many functions never load it.
      def patch_when_loaded
        Kernel.prepend(LoggerHook)
      end
    end

    # Sets the Logger up as soon as somebody requires it.
    module LoggerHook
      def require(name)
        loaded = super
        require_relative 'logger_patch' if loaded && defined?(::Logger::Formatter) && !defined?(LoggerPatch)
        loaded
      end
      private :require
    end
  end
end
