# The jobs of sidekiq.rb, which its server loads.
require "sidekiq"

REDIS = { url: ENV.fetch("REDIS_URL") }
Sidekiq.configure_server do |config|
  config.redis = REDIS
  config.options[:poll_interval_average] = 0.2
end
Sidekiq.configure_client { |config| config.redis = REDIS }

class Add
  include Sidekiq::Worker
  def perform(a, b)
    Sidekiq.redis { |r| r.rpush("sums", a + b) }
  end
end

class SecondTime
  include Sidekiq::Worker
  sidekiq_options retry: 2
  def perform
    raise "not yet" if Sidekiq.redis { |r| r.incr("attempts") } < 2
    Sidekiq.redis { |r| r.set("second", "at last") }
  end
end

class Fail
  include Sidekiq::Worker
  sidekiq_options retry: 0
  def perform
    raise "on purpose"
  end
end
