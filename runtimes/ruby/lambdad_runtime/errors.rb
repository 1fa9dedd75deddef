# frozen_string_literal: true

module LambdadRuntime
  # An error as Lambda tells it: to the caller as JSON, to the log, and to X-Ray as a cause.
  class Failure
    # Others are told to the log and X-Ray as UserException.
    KNOWN = %w[ArgumentError NoMethodError Exception StandardError NameError LoadError SystemExit
               SystemStackError].freeze
    FRAMES_MAX = 100
    # X-Ray's limit on the header with the cause.
    CAUSE_CHARACTERS_MAX = 64 * 1024
    OWN_FOLDER = File.dirname(__dir__)

    attr_reader :message, :type, :stack_trace

    # `part` is Function or Init: where it happened.
    def initialize(error, part)
      @message = clean(error.message)
      @type = "#{part}<#{error.class}>"
      @known = KNOWN.include?(error.class.to_s)
      @stack_trace = frames_of(error)
    end

    def told
      { errorMessage: message, errorType: type, stackTrace: stack_trace }
    end

    def result
      kind = @known ? type : 'Function<UserException>'
      headers = "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: #{kind}\r\n#{cause}"
      Result.new('error', headers, JSON.generate(told))
    end

    private

    # Without the runtime's own, which are below the function's.
    def frames_of(error)
      frames = (error.backtrace || []).first(FRAMES_MAX).map { |line| clean(line) }
      frames.take_while { |line| !line.start_with?(OWN_FOLDER) }
    end

    def clean(text)
      text.to_s.dup.force_encoding(Encoding::UTF_8).scrub
    end

    def cause
      stack = stack_trace.map do |line|
        path, number, label = line.split(':', 3)
        { path: path, line: number.to_i, label: label.to_s[/[`'](.*)'/, 1] }
      end
      json = JSON.generate({
                             working_directory: Dir.pwd,
                             paths: [],
                             exceptions: [{ type: type, message: message, stack: stack }]
                           })
      fits = json.size <= CAUSE_CHARACTERS_MAX && json.match?(/\A[ -~]*\z/)
      fits ? "Lambda-Runtime-Function-XRay-Error-Cause: #{json}\r\n" : ''
    end
  end
end
