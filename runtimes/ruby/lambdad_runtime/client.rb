# frozen_string_literal: true

require 'socket'

module LambdadRuntime
  # One event on its way in: its headers, in lower case, and its bytes.
  Invocation = Struct.new(:headers, :body) do
    def request_id
      headers['lambda-runtime-aws-request-id']
    end
  end

  # What goes back: `path` is "response" or "error", `headers` end with CRLF each.
  Result = Struct.new(:path, :headers, :body)

  # The runtime's side of the Runtime API, on one kept-open connection: HTTP/1.1 by hand.
  class Client
    API = '/2018-06-01/runtime'
    HEAD_END = "\r\n\r\n"
    PIECE_BYTES = 256 * 1024

    # To the socket where there is one: it is faster, and works without a network.
    def self.connect(env)
      path = env.delete('LAMBDAD_RUNTIME_SOCKET')
      return new(UNIXSocket.new(path), 'localhost') if path

      address = env.fetch('AWS_LAMBDA_RUNTIME_API')
      host, _, port = address.rpartition(':')
      socket = TCPSocket.new(host, port)
      socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      new(socket, address)
    rescue SystemCallError => e
      lost(e.message)
    end

    # Without its Runtime API a runtime has nothing to live for, whatever threads the function has.
    def self.lost(why)
      warn "lambdad: the Runtime API is gone: #{why}"
      $stdout.flush
      exit!(1)
    end

    def initialize(socket, host)
      @socket = socket
      @host = host
      @rest = String.new(encoding: Encoding::BINARY)
      @get_next = "GET #{API}/invocation/next HTTP/1.1\r\nHost: #{host}\r\n\r\n"
    end

    # Waits for an invocation, as long as it takes.
    def next
      write(@get_next)
      invocation
    end

    # Waits for a function, as long as it takes, and returns what is told of it, as JSON.
    def function
      write("GET /lambdad/function HTTP/1.1\r\nHost: #{@host}\r\n\r\n")
      status, _, body = response
      Client.lost("there is no function: status #{status}") unless status == '200'
      body
    end

    # Posts a result, and in the same write asks for the next invocation: one wake-up of the other side.
    def answer(invocation, result)
      write(post("/invocation/#{invocation.request_id}/#{result.path}", result), @get_next)
      response
      self.invocation
    end

    def answer_last(invocation, result)
      write(post("/invocation/#{invocation.request_id}/#{result.path}", result))
      response
    end

    def fail_init(result)
      write(post('/init/error', result))
      response
    end

    def invocation
      status, headers, body = response
      Client.lost("next was answered with status #{status}") unless status == '200'
      Invocation.new(headers, body)
    end

    private

    def post(path, result)
      head = "POST #{API}#{path} HTTP/1.1\r\nHost: #{@host}\r\n#{result.headers}" \
             "Content-Length: #{result.body.bytesize}\r\n\r\n"
      head.b << result.body.b
    end

    # One response: its status, its headers by their lower-case names, its body.
    def response
      @rest << receive until (length = @rest.index(HEAD_END))
      lines = @rest.slice!(0, length + 4).force_encoding(Encoding::UTF_8).split("\r\n")
      headers = lines.drop(1).to_h do |line|
        name, _, value = line.partition(':')
        [name.downcase, value.strip]
      end
      chunked = headers['transfer-encoding'] == 'chunked'
      [lines[0][9, 3], headers, chunked ? chunks : take(headers['content-length'].to_i)]
    end

    def take(count)
      if @rest.bytesize < count
        missing = count - @rest.bytesize
        rest = read(missing)
        taken = @rest << rest
        @rest = String.new(encoding: Encoding::BINARY)
        return taken
      end
      @rest.slice!(0, count)
    end

    def read(count)
      data = @socket.read(count)
      Client.lost('it closed the connection') if data.nil? || data.bytesize < count
      data
    rescue SystemCallError => e
      Client.lost(e.message)
    end

    def chunks
      body = String.new(encoding: Encoding::BINARY)
      loop do
        @rest << receive until (length = @rest.index("\r\n"))
        size = @rest.slice!(0, length + 2).to_i(16)
        body << take(size)
        take(2)
        return body if size.zero?
      end
    end

    def write(*parts)
      @socket.write(*parts)
    rescue SystemCallError => e
      Client.lost(e.message)
    end

    def receive
      @socket.readpartial(PIECE_BYTES)
    rescue EOFError
      Client.lost('it closed the connection')
    rescue SystemCallError => e
      Client.lost(e.message)
    end
  end
end
