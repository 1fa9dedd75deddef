# frozen_string_literal: true

module LambdadRuntime
  # RubyGems takes longer to load than all else of the boot, and many functions have no gem: it comes with the first
  # folder of gems, the first mention of Gem, or the first file that is not found without it.
  module Gems
    module_function

    def arrange(layers)
      version = "#{RUBY_VERSION[/\d+\.\d+/]}.0"
      $LOAD_PATH << "#{layers}/ruby/lib"
      # For programs that the function starts; this one has read it.
      ENV["RUBYLIB"] ||= "#{ENV.fetch("LAMBDA_TASK_ROOT", "/var/task")}:#{layers}/ruby/lib"
      folders = ["#{ENV.fetch('LAMBDA_TASK_ROOT', '/var/task')}/vendor/bundle/ruby/#{version}",
                 "#{layers}/ruby/gems/#{version}"]
      # The machine's own come last.
      ENV['GEM_PATH'] ||= folders.join(':')
      return require('rubygems') if gems_given?(ENV['GEM_PATH'])

      Object.autoload(:Gem, 'rubygems')
      Kernel.prepend(Late)
    end

    def gems_given?(path)
      ENV.key?('RUBYOPT') || path.split(':').any? { |folder| Dir.exist?(folder) }
    end

    # Stands in until RubyGems brings its own.
    module Late
      def require(name)
        super
      rescue LoadError => e
        raise if $LOADED_FEATURES.any? { |file| file.end_with?('/rubygems.rb') } || e.path != name

        super('rubygems')
        super
      end

      def gem(name, *requirements)
        require('rubygems')
        super
      end
      private :require, :gem
    end
  end
end
