# frozen_string_literal: true

module LambdadRuntime
  # A Logger on stdout, stderr or nothing writes to the log, with the invocation's id.
  module LoggerPatch
    def initialize(logdev = nil, *rest, **options)
      return super unless logdev.nil? || logdev == $stdout || logdev == $stderr

      options[:level] = level_of(Log.level) if Log.json? && !options.key?(:level)
      super(Device.new, *rest, **options)
      @default_formatter = Log.json? ? JsonFormatter.new : TextFormatter.new
    end

    private

    def level_of(name)
      name == 'TRACE' ? 0 : ::Logger::Severity.const_get(name.empty? ? :INFO : name)
    end

    # What Logger takes for a file.
    class Device
      def write(text)
        Log.write(text, Thread.current[:lambdad_severity])
      end

      def close; end
    end

    # Lambda's line.
    class TextFormatter < ::Logger::Formatter
      LINE = "%s, [%s #%d] %5s %s -- %s: %s\n"

      def call(severity, time, progname, msg)
        time = time.strftime('%Y-%m-%dT%H:%M:%S.%6N')
        format(LINE, severity[0], time, Process.pid, severity, Log.request_id, progname, msg2str(msg)).scrub
      end
    end

    # Lambda's record.
    class JsonFormatter < ::Logger::Formatter
      def call(severity, time, progname, msg)
        Thread.current[:lambdad_severity] = severity
        told = { timestamp: time.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ'), level: severity }
        told[:message] = msg.is_a?(Exception) ? msg.message : msg2str(msg)
        told[:requestId] = Log.request_id
        told[:logger] = progname
        told.update(error(msg)) if msg.is_a?(Exception)
        "#{JSON.generate(told.compact)}\n"
      end

      private

      def error(exception)
        { errorType: exception.class.to_s, errorMessage: exception.message, stackTrace: exception.backtrace }
      end
    end
  end
end

Logger.prepend(LambdadRuntime::LoggerPatch)
