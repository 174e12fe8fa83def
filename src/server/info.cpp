#include "src/server/info.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "io/reactor.h"
#include "src/config/config.h"
#include "src/execution/command_table.h"
#include "src/execution/dispatcher.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/runtime/version.h"
#include "src/server/clients.h"
#include "src/server/info_writer.h"
#include "src/server/tier_info.h"
#include "src/text/ignoring_case.h"

namespace terrace {

using storage::Account;

namespace {

constexpr std::string_view kNoReplica = "0000000000000000000000000000000000000000";

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

void write_server(InfoWriter& out, const InfoSources& sources) {
  utsname system{};
  uname(&system);
  std::int64_t now_ms = sources.reactor.wall_ms();
  std::int64_t uptime = (now_ms - sources.lifecycle.started_ms) / 1000;
  out.section("Server");
  out.field("redis_version", kRedisVersion);
  out.field("terrace_version", kVersion);
  out.field("redis_git_sha1", "00000000");
  out.field("redis_git_dirty", 0);
  out.field("redis_build_id", "0");
  out.field("redis_mode", "standalone");
  out.field("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  out.field("arch_bits", 64);
  out.field("monotonic_clock", "POSIX clock_gettime");
  out.field("multiplexing_api", "io_uring");
  out.field("atomicvar_api", "c11-builtin");
  out.field("gcc_version", std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
                               std::to_string(__GNUC_PATCHLEVEL__));
  out.field("process_id", static_cast<int>(getpid()));
  out.field("process_supervised", sources.lifecycle.supervised_by);
  out.field("run_id", sources.lifecycle.run_id);
  out.field("tcp_port", sources.config.settings().port);
  out.field("server_time_usec", now_ms * 1000);
  out.field("uptime_in_seconds", uptime);
  out.field("uptime_in_days", uptime / 86400);
  out.field("hz", sources.config.settings().hz);
  out.field("configured_hz", sources.config.settings().hz);
  out.field("lru_clock", (now_ms / 1000) & 0xFFFFFF);
  out.field("executable", sources.lifecycle.executable);
  out.field("config_file", sources.config.path());
  out.field("io_threads_active", 0);
  const Settings& settings = sources.config.settings();
  if (settings.port > 0) {
    std::string addresses;
    for (const std::string& address : settings.bind) addresses += ",bind=" + address;
    out.field("listener0", "name=tcp" + addresses + ",port=" + std::to_string(settings.port));
  }
}

void write_clients(InfoWriter& out, const InfoSources& sources) {
  out.section("Clients");
  out.field("connected_clients", sources.clients.size());
  out.field("cluster_connections", 0);
  out.field("maxclients", sources.config.settings().max_clients);
  out.field("client_recent_max_input_buffer", sources.clients.largest_input());
  out.field("client_recent_max_output_buffer", sources.clients.largest_output());
  out.field("blocked_clients", sources.dispatcher.blocking().clients().size() + sources.dispatcher.pause().waiting);
  out.field("tracking_clients", sources.messenger.tracking().clients());
  out.field("pubsub_clients", sources.messenger.pubsub().session_count());
  const WatchedKeys& watched = sources.dispatcher.watched_keys();
  const BlockedClients& blocked = sources.dispatcher.blocking().clients();
  out.field("watching_clients", watched.sessions());
  out.field("clients_in_timeout_table", blocked.with_deadline());
  out.field("total_watched_keys", watched.distinct_keys());
  out.field("total_blocking_keys", blocked.keys());
  out.field("total_blocking_keys_on_nokey", blocked.keys_when_gone());
}

template <typename Visit>
void visit_entries(const InfoSources& sources, Visit&& visit) {
  for (const auto& entry : sources.commands.entries()) {
    visit(*entry);
    for (const auto& subcommand : entry->subcommands) visit(*subcommand);
  }
}

storage::Statistics statistics_of(Store& store) {
  return store.loading() ? storage::Statistics() : store.engine().statistics();
}

void write_script_memory(InfoWriter& out, const Scripting& scripting) {
  const ScriptCache& scripts = scripting.scripts();
  const FunctionLibraries& functions = scripting.functions();
  const std::size_t eval_heap = scripts.heap_bytes(), function_heap = functions.heap_bytes();
  const std::size_t overhead = scripts.overhead_bytes() + functions.overhead_bytes();
  out.field("used_memory_vm_eval", eval_heap);
  out.bytes("used_memory_lua", eval_heap);
  out.field("used_memory_scripts_eval", scripts.overhead_bytes());
  out.field("number_of_cached_scripts", scripts.size());
  out.field("number_of_functions", functions.function_count());
  out.field("number_of_libraries", functions.libraries().size());
  out.field("used_memory_vm_functions", function_heap);
  out.bytes("used_memory_vm_total", eval_heap + function_heap);
  out.field("used_memory_functions", functions.overhead_bytes());
  out.bytes("used_memory_scripts", overhead);
}

void write_memory(InfoWriter& out, const InfoSources& sources) {
  const Settings& settings = sources.config.settings();
  const MemoryFigures memory = ServerInfo(sources).memory();
  std::uint64_t dataset = memory.records;
  std::uint64_t overhead = memory.used > dataset ? memory.used - dataset : 0;
  out.section("Memory");
  out.bytes("used_memory", memory.used);
  out.bytes("used_memory_rss", memory.rss);
  out.bytes("used_memory_peak", memory.peak);
  out.field("used_memory_peak_perc", std::to_string(percent(memory.used, memory.peak)).substr(0, 5) + "%");
  out.field("used_memory_overhead", overhead);
  out.field("used_memory_startup", 0);
  out.field("used_memory_dataset", dataset);
  out.field("used_memory_dataset_perc", std::to_string(percent(dataset, memory.used)).substr(0, 5) + "%");
  out.field("allocator_allocated", memory.used);
  out.field("allocator_active", memory.rss);
  out.field("allocator_resident", memory.rss);
  out.field("allocator_muzzy", 0);
  out.bytes("total_system_memory", memory.total_system);
  write_script_memory(out, sources.scripting);
  out.bytes("maxmemory", static_cast<std::uint64_t>(settings.max_memory_bytes));
  out.field("maxmemory_policy", sources.config.value(*find_directive("maxmemory-policy")));
  out.real("allocator_frag_ratio", ratio(memory.rss, memory.used));
  out.field("allocator_frag_bytes", static_cast<std::int64_t>(memory.rss) - static_cast<std::int64_t>(memory.used));
  out.real("allocator_rss_ratio", 1);
  out.field("allocator_rss_bytes", 0);
  out.real("rss_overhead_ratio", 1);
  out.field("rss_overhead_bytes", 0);
  out.real("mem_fragmentation_ratio", ratio(memory.rss, memory.used));
  out.field("mem_fragmentation_bytes", static_cast<std::int64_t>(memory.rss) - static_cast<std::int64_t>(memory.used));
  out.zeros(
      {"mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves"});
  out.field("mem_clients_normal", memory.clients);
  out.zeros({"mem_cluster_links", "mem_aof_buffer", "mem_overhead_db_hashtable_rehashing"});
#ifdef TERRACE_MIMALLOC
  out.field("mem_allocator", "mimalloc");
#else
  out.field("mem_allocator", "libc");
#endif
  const storage::Statistics store = statistics_of(sources.store);
  out.field("active_defrag_running", 0);
  out.field("lazyfree_pending_objects", store.lazy_free_pending);
  out.field("lazyfreed_objects", store.lazily_freed);
}

void write_persistence(InfoWriter& out, const InfoSources& sources) {
  bool loading = sources.store.loading();
  const storage::Statistics store = statistics_of(sources.store);
  bool saving = !loading && sources.store.engine().checkpoint_running();
  bool writable = loading || sources.store.engine().writable(false).ok();
  std::int64_t saved_ms = store.last_checkpoint_ms > 0 ? store.last_checkpoint_ms : sources.lifecycle.started_ms;
  std::int64_t duration =
      store.checkpoints > 0 ? static_cast<std::int64_t>(store.last_checkpoint_duration_us / 1000000) : -1;
  const char* status = store.checkpoint_failures > 0 && store.checkpoints == 0 ? "err" : "ok";
  out.section("Persistence");
  out.field("loading", loading ? 1 : 0);
  out.zeros({"async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"});
  out.real("current_fork_perc", 0);
  out.zeros({"current_save_keys_processed", "current_save_keys_total"});
  out.field("rdb_changes_since_last_save", store.log_entries - store.log_entries_covered);
  out.field("rdb_bgsave_in_progress", saving ? 1 : 0);
  out.field("rdb_last_save_time", saved_ms / 1000);
  out.field("rdb_last_bgsave_status", status);
  out.field("rdb_last_bgsave_time_sec", duration);
  out.field("rdb_current_bgsave_time_sec", saving ? 0 : -1);
  out.field("rdb_saves", store.checkpoints);
  out.zeros({"rdb_last_cow_size", "rdb_last_load_keys_expired"});
  out.field("rdb_last_load_keys_loaded", sources.store.keys_loaded());
  out.field("aof_enabled", 1);
  out.field("aof_rewrite_in_progress", saving ? 1 : 0);
  out.field("aof_rewrite_scheduled", 0);
  out.field("aof_last_rewrite_time_sec", duration);
  out.field("aof_current_rewrite_time_sec", saving ? 0 : -1);
  out.field("aof_last_bgrewrite_status", status);
  out.field("aof_rewrites", store.checkpoints);
  out.field("aof_rewrites_consecutive_failures", 0);
  out.field("aof_last_write_status", writable ? "ok" : "err");
  out.zeros({"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"});
  out.field("aof_current_size", store.log_bytes);
  out.zeros(
      {"aof_base_size", "aof_pending_rewrite", "aof_buffer_length", "aof_pending_bio_fsync", "aof_delayed_fsync"});
}

void write_denials(InfoWriter& out, const ServerStatistics& statistics) {
  out.field("acl_access_denied_auth", statistics.acl_denied_authentications);
  out.field("acl_access_denied_cmd", statistics.acl_denied_commands);
  out.field("acl_access_denied_key", statistics.acl_denied_keys);
  out.field("acl_access_denied_channel", statistics.acl_denied_channels);
}

void write_turns(InfoWriter& out, const InfoSources& sources) {
  const io::TurnStatistics& turns = sources.reactor.turn_statistics();
  std::uint64_t commands_ns = 0;
  visit_entries(sources, [&](const CommandEntry& entry) { commands_ns += entry.usage.time_ns; });
  const std::uint64_t rate = sources.statistics.turn_rate.average();
  out.field("eventloop_cycles", turns.turns);
  out.field("eventloop_duration_sum", turns.busy_us);
  out.field("eventloop_duration_cmd_sum", commands_ns / 1000);
  out.field("instantaneous_eventloop_cycles_per_sec", rate);
  out.field("instantaneous_eventloop_duration_usec", rate ? sources.statistics.busy_rate.average() / rate : 0);
}

void write_stats(InfoWriter& out, const InfoSources& sources) {
  const ServerStatistics& statistics = sources.statistics;
  out.section("Stats");
  out.field("total_connections_received", statistics.connections_received);
  out.field("total_commands_processed", statistics.commands_processed);
  out.field("instantaneous_ops_per_sec", statistics.command_rate.average());
  out.field("total_net_input_bytes", statistics.input_bytes);
  out.field("total_net_output_bytes", statistics.output_bytes);
  out.zeros({"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  out.real("instantaneous_input_kbps", static_cast<double>(statistics.input_rate.average()) / 1024);
  out.real("instantaneous_output_kbps", static_cast<double>(statistics.output_rate.average()) / 1024);
  out.field("instantaneous_input_repl_kbps", "0.00");
  out.field("instantaneous_output_repl_kbps", "0.00");
  out.field("rejected_connections", statistics.connections_rejected);
  out.zeros({"sync_full", "sync_partial_ok", "sync_partial_err"});
  out.field("expired_keys", statistics.expired_keys);
  out.field("expired_subkeys", statistics.expired_fields);
  out.field("expired_stale_perc", "0.00");
  out.field("expired_time_cap_reached_count", statistics.expire_caps_reached);
  out.field("expire_cycle_cpu_milliseconds", statistics.expire_cycle_us / 1000);
  out.field("evicted_keys", statistics.evicted_keys);
  out.field("evicted_scripts", sources.scripting.scripts().evicted());
  out.field("evicted_clients", statistics.evicted_clients);
  out.field("client_query_buffer_limit_disconnections", statistics.query_limit_disconnections);
  out.field("client_output_buffer_limit_disconnections", statistics.output_limit_disconnections);
  out.zeros({"total_eviction_exceeded_time", "current_eviction_exceeded_time"});
  out.field("keyspace_hits", statistics.keyspace_hits);
  out.field("keyspace_misses", statistics.keyspace_misses);
  const PubSub& pubsub = sources.messenger.pubsub();
  out.field("pubsub_channels", pubsub.topics(TopicKind::kChannel).size());
  out.field("pubsub_patterns", pubsub.topics(TopicKind::kPattern).size());
  out.field("pubsubshard_channels", pubsub.topics(TopicKind::kShardChannel).size());
  out.zeros({
      "latest_fork_usec",
      "total_forks",
      "migrate_cached_sockets",
      "slave_expires_tracked_keys",
      "active_defrag_hits",
      "active_defrag_misses",
      "active_defrag_key_hits",
      "active_defrag_key_misses",
      "total_active_defrag_time",
      "current_active_defrag_time",
  });
  const Tracking& tracking = sources.messenger.tracking();
  out.field("tracking_total_keys", tracking.keys());
  out.field("tracking_total_items", tracking.items());
  out.field("tracking_total_prefixes", tracking.prefixes());
  out.field("unexpected_error_replies", 0);
  out.field("total_error_replies", statistics.error_replies);
  write_denials(out, statistics);
  out.field("dump_payload_sanitizations", 0);
  out.field("total_reads_processed", statistics.reads_processed);
  out.field("total_writes_processed", statistics.writes_processed);
  out.zeros(
      {"io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks", "reply_buffer_expands"});
  write_turns(out, sources);
}

// Of a server with `replicaof`, which stands as a replica does whose master cannot be reached.
void write_master(InfoWriter& out, const std::string& master) {
  const std::size_t blank = master.find(' ');
  out.field("master_host", master.substr(0, blank));
  out.field("master_port", master.substr(blank + 1));
  out.field("master_link_status", "down");
  out.field("master_last_io_seconds_ago", -1);
  out.field("master_sync_in_progress", 0);
  out.zeros({"slave_read_repl_offset", "slave_repl_offset"});
  out.field("master_link_down_since_seconds", -1);
  out.field("slave_priority", 100);
  out.field("slave_read_only", 1);
}

void write_replication(InfoWriter& out, const InfoSources& sources) {
  out.section("Replication");
  const std::string& master = sources.config.settings().replica_of;
  out.field("role", master.empty() ? "master" : "slave");
  if (!master.empty()) write_master(out, master);
  out.field("connected_slaves", 0);
  out.field("master_failover_state", "no-failover");
  out.field("master_replid", sources.lifecycle.run_id);
  out.field("master_replid2", kNoReplica);
  out.field("master_repl_offset", 0);
  out.field("second_repl_offset", -1);
  out.field("repl_backlog_active", 0);
  out.field("repl_backlog_size", sources.config.value(*find_directive("repl-backlog-size")));
  out.zeros({"repl_backlog_first_byte_offset", "repl_backlog_histlen"});
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void write_cpu(InfoWriter& out, const InfoSources& sources) {
  rusage all{}, children{}, thread{};
  getrusage(RUSAGE_SELF, &all);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  out.section("CPU");
  out.real("used_cpu_sys", seconds_of(all.ru_stime), 6);
  out.real("used_cpu_user", seconds_of(all.ru_utime), 6);
  out.real("used_cpu_sys_children", seconds_of(children.ru_stime), 6);
  out.real("used_cpu_user_children", seconds_of(children.ru_utime), 6);
  out.real("used_cpu_sys_main_thread", seconds_of(thread.ru_stime), 6);
  out.real("used_cpu_user_main_thread", seconds_of(thread.ru_utime), 6);
  const std::uint64_t busy_us = sources.reactor.turn_statistics().busy_us;
  out.real("used_active_time_main_thread", static_cast<double>(busy_us) / 1e6, 6);
}

void write_modules(InfoWriter& out, const InfoSources&) {
  out.section("Modules");
}

void write_command_stats(InfoWriter& out, const InfoSources& sources) {
  out.section("Commandstats");
  visit_entries(sources, [&](const CommandEntry& entry) {
    const CommandUsage& usage = entry.usage;
    if (usage.calls + usage.rejected + usage.failed == 0) return;
    char text[160];
    double us = static_cast<double>(usage.time_ns) / 1000;
    std::snprintf(text, sizeof text, "calls=%llu,usec=%.0f,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  static_cast<unsigned long long>(usage.calls), us,
                  usage.calls ? us / static_cast<double>(usage.calls) : 0.0,
                  static_cast<unsigned long long>(usage.rejected), static_cast<unsigned long long>(usage.failed));
    out.field("cmdstat_" + std::string(entry.name()), std::string_view(text));
  });
}

void write_error_stats(InfoWriter& out, const InfoSources& sources) {
  out.section("Errorstats");
  for (const auto& [code, count] : sources.statistics.errors) {
    out.field("errorstat_" + code, "count=" + std::to_string(count));
  }
}

void write_latency_stats(InfoWriter& out, const InfoSources& sources) {
  out.section("Latencystats");
  const Settings& settings = sources.config.settings();
  visit_entries(sources, [&](const CommandEntry& entry) {
    const CommandUsage& usage = entry.usage;
    if (!usage.latency) return;
    std::string text;
    for (double wanted : settings.latency_percentiles) {
      char part[64];
      std::snprintf(part, sizeof part, "%sp%g=%.3f", text.empty() ? "" : ",", wanted,
                    static_cast<double>(usage.latency->percentile(wanted)) / 1000);
      text += part;
    }
    out.field("latency_percentiles_usec_" + std::string(entry.name()), text);
  });
}

void write_cluster(InfoWriter& out, const InfoSources&) {
  out.section("Cluster");
  out.field("cluster_enabled", 0);
}

void write_keyspace(InfoWriter& out, const InfoSources& sources) {
  out.section("Keyspace");
  if (sources.store.loading()) return;
  storage::Engine& engine = sources.store.engine();
  for (unsigned i = 0; i < engine.database_count(); ++i) {
    const storage::Database& database = engine.database(i);
    if (database.size() == 0) continue;
    out.field("db" + std::to_string(i), "keys=" + std::to_string(database.size()) +
                                            ",expires=" + std::to_string(database.keys_with_expiry()) +
                                            ",avg_ttl=" + std::to_string(sources.statistics.average_ttl_ms[i]) +
                                            ",subexpiry=" + std::to_string(database.keys_with_expiring_parts()));
  }
}

struct Section {
  std::string_view name;
  void (*write)(InfoWriter&, const InfoSources&);
  bool by_default;
  bool tells_of_keys = false;
};

constexpr Section kSections[] = {
    {"server", write_server, true},
    {"clients", write_clients, true},
    {"memory", write_memory, true},
    {"persistence", write_persistence, true},
    {"stats", write_stats, true},
    {"replication", write_replication, true},
    {"cpu", write_cpu, true},
    {"modules", write_modules, true},
    {"commandstats", write_command_stats, false},
    {"errorstats", write_error_stats, true},
    {"latencystats", write_latency_stats, false},
    {"cluster", write_cluster, true},
    {"keyspace", write_keyspace, true, true},
    {"tier", write_tier, true, true},
};

bool wanted(const Section& section, std::span<const std::string_view> names) {
  if (names.empty()) return section.by_default;
  return std::any_of(names.begin(), names.end(), [&section](std::string_view name) {
    if (equals_ignoring_case(name, "all") || equals_ignoring_case(name, "everything")) return true;
    if (equals_ignoring_case(name, "default")) return section.by_default;
    return equals_ignoring_case(name, section.name);
  });
}

}  // namespace

MemoryFigures ServerInfo::memory() const {
  const InfoSources& sources = sources_;
  MemoryFigures memory;
  const storage::Ledger& ledger = sources.store.ledger();
  std::ifstream statm("/proc/self/statm");
  std::uint64_t virtual_pages = 0, resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  memory.rss = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  memory.records = ledger.bytes(Account::kRecords);
  memory.index = ledger.bytes(Account::kIndex);
  memory.clients = ledger.clients();
  memory.script_caches = sources.scripting.scripts().overhead_bytes();
  memory.function_caches = sources.scripting.functions().overhead_bytes();
  memory.used = ledger.total();
  sources.statistics.peak_memory = std::max(sources.statistics.peak_memory, memory.used);
  memory.peak = sources.statistics.peak_memory;
  struct sysinfo system {};
  sysinfo(&system);
  memory.total_system = static_cast<std::uint64_t>(system.totalram) * system.mem_unit;
  return memory;
}

std::string ServerInfo::text(std::span<const std::string_view> sections) const {
  InfoWriter out;
  for (const Section& section : kSections) {
    if (wanted(section, sections)) section.write(out, sources_);
  }
  return out.text();
}

std::array<std::pair<std::string_view, std::int64_t>, 7> allocator_bytes(const MemoryFigures& memory) {
  const auto used = static_cast<std::int64_t>(memory.used), rss = static_cast<std::int64_t>(memory.rss);
  return {{{"allocator.allocated", used},
           {"allocator.active", rss},
           {"allocator.resident", rss},
           {"allocator.muzzy", 0},
           {"allocator-fragmentation.bytes", rss - used},
           {"allocator-rss.bytes", 0},
           {"rss-overhead.bytes", 0}}};
}

bool tells_of_keys(std::span<const std::string_view> sections) {
  return std::any_of(std::begin(kSections), std::end(kSections),
                     [&](const Section& section) { return section.tells_of_keys && wanted(section, sections); });
}

}  // namespace terrace
