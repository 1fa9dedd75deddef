# frozen_string_literal: true

# The Ruby runtime's first file. Started with --disable-gems, which halves the boot; Ruby 3.1 is the oldest.
require_relative 'lambdad_runtime/main'

LambdadRuntime::Main.start
