# Sidekiq: jobs queued, delayed, retried, failed into the set of the dead, done: ruby sidekiq.rb PORT DATABASE
port, database = ARGV
ENV["REDIS_URL"] = "redis://127.0.0.1:#{port}/#{database}"
require_relative "sidekiq_worker"
require "sidekiq/api"

def wait_for(what, seconds = 20)
  finish = Time.now + seconds
  until yield
    raise "no #{what} within #{seconds} s" if Time.now > finish
    sleep 0.05
  end
end

def redis(&block) = Sidekiq.redis(&block)

redis { |r| r.flushdb }
here = File.dirname(File.expand_path(__FILE__))
log = File.join(ENV.fetch("TERRACE_WORK", "/tmp"), "sidekiq-#{port}.log")
worker = spawn("sidekiq", "-r", File.join(here, "sidekiq_worker.rb"), "-c", "3", "-q", "default", "-q", "urgent", "-t", "5", [:out, :err] => log)
begin
  start = Time.now
  Add.perform_in(1, 40, 2)
  far = Add.perform_in(1000, 1, 1)
  SecondTime.perform_async
  Fail.perform_async
  Add.set(queue: "urgent").perform_async(1, 2)
  Add.perform_bulk((1..50).map { |n| [n, n] })
  wait_for("sums") { redis { |r| r.llen("sums") } >= 51 }
  wait_for("the dead") { Sidekiq::DeadSet.new.size == 1 }
  raise "the dead" unless Sidekiq::DeadSet.new.first.item["error_message"] == "on purpose"
  wait_for("a retry") { redis { |r| r.exists?("second") } || Sidekiq::RetrySet.new.size == 1 }
  Sidekiq::RetrySet.new.first&.add_to_queue
  wait_for("the second time") { redis { |r| r.get("second") } == "at last" }
  wait_for("the delayed job") { redis { |r| r.llen("sums") } >= 52 }
  raise "too early" if Time.now - start < 1
  raise "scheduled" unless Sidekiq::ScheduledSet.new.find_job(far)&.delete
  sums = redis { |r| r.lrange("sums", 0, -1) }.map(&:to_i).sort
  raise "sums: #{sums}" unless sums == ((1..50).map { |n| 2 * n } + [3, 42]).sort
  processes = Sidekiq::ProcessSet.new
  raise "#{processes.size} processes" unless processes.size == 1
  processes.first.quiet!
  raise "queues" unless Sidekiq::Queue.all.sum(&:size).zero?
  Process.kill(:TERM, worker)
  Process.wait(worker)
  raise "the worker ended with #{$?}" unless $?.success?
  worker = nil
  stats = Sidekiq::Stats.new  # which the worker tells at its end
  raise "statistics: #{stats.processed}, #{stats.failed}" unless stats.processed == 55 && stats.failed == 2
ensure
  if worker
    Process.kill(:KILL, worker)
    Process.wait(worker)
    warn File.read(log)[-2000..] || File.read(log)
  end
end
puts "#{Sidekiq::VERSION}: queued, in bulk, delayed, retried, failed into the dead set, done; statistics, a worker quieted and stopped"
