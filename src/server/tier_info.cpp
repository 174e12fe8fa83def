#include "src/server/tier_info.h"

#include "io/reactor.h"
#include "src/runtime/store.h"

namespace terrace {
namespace {

void write_now(InfoWriter& out, const storage::Statistics& store) {
  out.field("hot_keys", store.hot_keys);
  out.field("cold_keys", store.cold_keys);
  out.field("dirty_memory_bytes", store.dirty_memory_bytes);
  out.field("segments", store.segments);
  out.field("segment_files_open", store.segment_files_open);
  out.field("segment_bytes", store.segment_bytes);
  out.field("segment_retired_bytes", store.segment_retired_bytes);
  out.field("segment_unused_bytes", store.segment_unused_bytes);
  out.field("live_records", store.live_records);
  out.field("dead_records", store.dead_records);
  out.field("overwritten_records", store.overwritten_records);
  out.field("live_bytes", store.live_bytes);
  out.field("disk_free_bytes", store.disk_free_bytes);
  out.field("writes_stalled", store.writes_stalled ? 1 : 0);
}

void write_memory(InfoWriter& out, const storage::Ledger& ledger) {
  using storage::Account;
  constexpr std::pair<const char*, Account> kAccounts[] = {
      {"record_memory_bytes", Account::kRecords},
      {"index_memory_bytes", Account::kIndex},
      {"fetched_memory_bytes", Account::kFetchedRecords},
      {"image_memory_bytes", Account::kImages},
      {"log_buffer_memory_bytes", Account::kLogBuffers},
      {"connection_memory_bytes", Account::kConnections},
      {"query_buffer_memory_bytes", Account::kQueryBuffers},
      {"large_request_memory_bytes", Account::kLargeRequests},
      {"reply_memory_bytes", Account::kReplies},
      {"transaction_memory_bytes", Account::kTransactionQueues},
      {"unit_memory_bytes", Account::kUnits},
      {"subscription_memory_bytes", Account::kSubscriptions},
      {"tracking_memory_bytes", Account::kTracking},
      {"acl_memory_bytes", Account::kAcl},
      {"script_memory_bytes", Account::kScripts},
      {"stack_memory_bytes", Account::kStacks},
      {"reserved_memory_bytes", Account::kReserved},
  };
  static_assert(std::size(kAccounts) == storage::kAccountCount);
  for (const auto& [name, account] : kAccounts) out.field(name, ledger.bytes(account));
  out.field("overhead_memory_bytes", ledger.overhead());
}

void write_traffic(InfoWriter& out, const storage::Statistics& store) {
  out.field("page_reads", store.page_reads);
  out.field("page_read_bytes", store.page_read_bytes);
  out.field("page_read_usec", store.page_read_us);
  out.field("shared_page_reads", store.shared_page_reads);
  out.field("false_fetches", store.false_fetches);
  out.field("promotions", store.promotions);
  out.field("evictions_clean", store.evictions_clean);
  out.field("spilled_records", store.spilled_records);
  out.field("spilled_bytes", store.spilled_bytes);
  out.field("spilled_raw_bytes", store.spilled_raw_bytes);
  out.field("bad_pages", store.bad_pages);
  out.field("room_waits", store.room_waits);
  out.field("cache_dropped_records", store.cache_dropped_records);
  out.field("expired_cold_keys", store.expired_cold_keys);
}

void write_background(InfoWriter& out, const storage::Statistics& store) {
  out.field("compactions", store.compactions);
  out.field("compaction_waits", store.compaction_waits);
  out.field("compacted_records", store.compacted_records);
  out.field("compaction_read_bytes", store.compaction_read_bytes);
  out.field("compaction_written_bytes", store.compaction_written_bytes);
  out.field("compaction_raw_bytes", store.compaction_raw_bytes);
  out.field("dictionary", store.dictionary);
  out.field("scrubbed_pages", store.scrubbed_pages);
  out.field("scrub_passes", store.scrub_passes);
  out.field("checkpoints", store.checkpoints);
  out.field("checkpoint_failures", store.checkpoint_failures);
  out.field("checkpoint_written_bytes", store.checkpoint_written_bytes);
  out.field("last_checkpoint_time", store.last_checkpoint_ms / 1000);
  out.field("last_checkpoint_usec", store.last_checkpoint_duration_us);
}

void write_log(InfoWriter& out, const storage::Statistics& store, const storage::Engine& engine) {
  out.field("log_bytes", store.log_bytes);
  out.field("log_file_bytes", store.log_file_bytes);
  out.field("log_spare_bytes", store.log_spare_bytes);
  out.field("log_entries", store.log_entries);
  out.field("log_frames", store.log_frames);
  out.field("log_payload_bytes", store.log_payload_bytes);
  out.field("log_written_bytes", store.log_written_bytes);
  out.field("log_sync_failures", store.log_sync_failures);
  out.field("log_end_position", engine.end_position());
  out.field("log_durable_position", engine.durable_position());
  out.field("recovered_log_bytes", store.recovered_log_bytes);
  out.field("recovered_torn_bytes", store.recovered_torn_bytes);
  out.field("recovery_usec", store.recovery_duration_us);
}

}  // namespace

void write_tier(InfoWriter& out, const InfoSources& sources) {
  out.section("Tier");
  write_memory(out, sources.store.ledger());
  if (!sources.store.loading()) {
    const storage::Engine& engine = sources.store.engine();
    storage::Statistics store = engine.statistics();
    write_now(out, store);
    write_traffic(out, store);
    write_background(out, store);
    write_log(out, store, engine);
  }
  const io::TurnStatistics& turns = sources.reactor.turn_statistics();
  out.field("reactor_turns", turns.turns);
  out.field("reactor_busy_usec", turns.busy_us);
  out.field("reactor_worst_turn_usec", turns.worst_us);
  out.field("reactor_worst_turn_cause", turns.worst_cause);
  out.field("reactor_worst_turn_on_cpu_usec", turns.worst_on_cpu_us);
  out.field("reactor_worst_turn_on_cpu_cause", turns.worst_on_cpu_cause);
  for (const io::TurnStatistics::Cause& cause : turns.long_turns) {
    out.field(std::string("reactor_long_turns_") + cause.name,
              "count=" + std::to_string(cause.turns) + ",worst_usec=" + std::to_string(cause.worst_us));
  }
}

}  // namespace terrace
