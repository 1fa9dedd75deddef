# frozen_string_literal: true

require 'json'
require_relative 'client'
require_relative 'context'
require_relative 'errors'
require_relative 'gems'
require_relative 'handler'
require_relative 'log'

module LambdadRuntime
  # Connects to the Runtime API, loads the handler, serves invocations one by one: three steps, since a process may
  # be booted before it has a function.
  module Main
    # What Lambda's runtime ends with, by what went wrong.
    INIT_FAILED = -4
    CRITICAL = -1

    module_function

    def start
      client = Client.connect(ENV)
      become(client.function) if ENV.key?('LAMBDAD_AWAITS_FUNCTION')
      use_compiled(ENV.delete('LAMBDAD_COMPILED'))
      Gems.arrange(ENV.delete('LAMBDAD_LAYERS_ROOT') || '/opt')
      Log.open(ENV)
      serve(client, load(client))
    end

    # Booted before it had a function, the process is from here on as if it had been started for this one.
    def become(told)
      function = JSON.parse(told)
      ENV.replace(function['variables'])
      ENV.delete('LAMBDAD_RUNTIME_SOCKET')
      Dir.chdir(function['folder'])
    end

    def use_compiled(folder)
      return if folder.nil?

      require_relative 'compiled'
      Compiled.use(folder)
    end

    def load(client)
      $LOAD_PATH.unshift(ENV.fetch('LAMBDA_TASK_ROOT', '/var/task'))
      Handler.load(ENV.fetch('_HANDLER', ''))
    rescue Exception => e # rubocop:disable Lint/RescueException -- a LoadError or exit, too
      failure = Failure.new(e, 'Init')
      Log.failure(failure, "Init error when loading handler #{ENV['_HANDLER']}")
      client.fail_init(failure.result)
      exit!(INIT_FAILED)
    end

    def serve(client, handler)
      invocation = client.next
      loop do
        enter(invocation)
        result, critical = answer(handler, invocation)
        $stdout.flush
        if critical
          client.answer_last(invocation, result)
          exit(CRITICAL)
        end
        invocation = client.answer(invocation, result)
      end
    end

    def enter(invocation)
      Log.request_id = invocation.request_id
      ENV['_X_AMZN_TRACE_ID'] = invocation.headers['lambda-runtime-trace-id']
    end

    # After what is no StandardError, and after a NameError, the process ends, as on Lambda.
    def answer(handler, invocation)
      [handler.call(invocation), false]
    rescue NameError, ScriptError, NoMemoryError, SecurityError, SystemStackError => e
      [failed(e, 'Critical exception from handler'), true]
    rescue StandardError => e
      [failed(e, 'Error raised from handler method'), false]
    end

    def failed(error, message)
      failure = Failure.new(error, 'Function')
      Log.failure(failure, message)
      failure.result
    end
  end
end
