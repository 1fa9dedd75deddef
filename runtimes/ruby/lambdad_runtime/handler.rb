# frozen_string_literal: true

require 'stringio'

module LambdadRuntime
  # From a handler string, `file.method` or `file.Class.method`, to the function.
  class Handler
    def self.load(name)
      parts = name.split('.')
      unless [2, 3].include?(parts.size)
        raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD " \
                             'where FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an ' \
                             'optional module/class namespace and METHOD is a callable method. If using CLASS, ' \
                             'METHOD must be a class-level method.'
      end
      require parts.first
      new(parts.size == 3 ? parts[1] : nil, parts.last)
    end

    def initialize(class_name, method_name)
      @class_name = class_name
      @method_name = method_name
    end

    def call(invocation)
      context = LambdaContext.new(invocation.headers)
      response_of(target.__send__(@method_name, event: event_of(invocation), context: context))
    end

    private

    # A method at the top of a file belongs to every object.
    def target
      @class_name ? Kernel.const_get(@class_name) : TOP
    end

    TOP = Object.new.freeze
    private_constant :TOP

    # An empty payload is an empty object; what is not JSON by its type comes as it is.
    def event_of(invocation)
      type = invocation.headers['content-type']
      return invocation.body unless type.nil? || type == 'application/json'
      return {} if invocation.body.empty?

      JSON.parse(invocation.body.force_encoding(Encoding::UTF_8))
    end

    def response_of(value)
      return Result.new('response', "Content-Type: application/unknown\r\n", value.read) if streamed?(value)

      Result.new('response', "Content-Type: application/json\r\n", value.to_json)
    end

    def streamed?(value)
      value.is_a?(StringIO) || value.is_a?(IO)
    end
  end
end
