#include "tests/simulation/scripted_store.h"

#include "tests/simulation/piece_object.h"
#include "tests/simulation/store_access.h"

namespace terrace::simulation {

std::string scripted_key(unsigned number) {
  return "key:" + std::to_string(number);
}

Effect scripted_set(unsigned number, std::size_t size, unsigned version) {
  constexpr std::size_t kPhraseSize = 24;
  constexpr std::uint64_t kPhrases = 12;
  Effect effect{.kind = Effect::Kind::kSet, .amount = storage::kNoExpiry, .key = scripted_key(number)};
  std::uint64_t chance = mix(number * 1000 + version);
  while (effect.value.size() < size) {
    chance = mix(chance);
    std::uint64_t phrase = chance % kPhrases;
    if (number % 4 >= 2) {
      effect.value.push_back(static_cast<char>(chance));
      continue;
    }
    for (std::size_t i = 0; i < kPhraseSize && effect.value.size() < size; ++i) {
      effect.value.push_back(static_cast<char>('a' + (phrase = mix(phrase)) % 26));
    }
  }
  if (number % 7 == 0) effect.amount = SimulatedClock::kEpochMs + 1'000'000'000 + number;
  return effect;
}

ScriptedStore::ScriptedStore(const Site& site)
    : site_(site),
      disk_(std::make_unique<SimulatedDisk>(site.world, site.media)),
      workers_(std::make_unique<SimulatedWorkers>(site.world)),
      environment_(std::make_unique<io::Environment>(io::Environment{*disk_, site.clock, *workers_, site.life})),
      replayer_(std::make_unique<Replayer>()),
      ledger_(std::make_unique<storage::Ledger>()) {
  storage::Options options;
  options.object_decoder = &piece_object_decoder();
  options.database_count = site.oracle.current().database_count();
  options.fsync_policy = site.fsync_policy;
  options.compaction = false;  // only when the script asks for it
  options.scrub_days = 0;
  options.open_segment_files = storage::SegmentFiles::kLeastLimit;
  options.log = [this](storage::LogLevel level, const std::string& line) {
    if (level == storage::LogLevel::kWarning) warnings_.push_back(line);
  };
  engine_ = std::make_unique<storage::Engine>(*environment_, options, *ledger_);
  replayer_->set_engine(*engine_);
}

ScriptedStore::~ScriptedStore() {
  if (!engine_) return;  // killed
  TERRACE_CHECK(!open_);
  engine_.reset();
  if (site_.world.pending() > 0) fail("the store is gone, but something of it still waits for disk, clock or workers");
  if (disk_->handles_open() > 0) fail("the store is gone, but files of it are still open");
}

Result<void> ScriptedStore::open() {
  Result<void> opened = block_on(engine_->open(*replayer_));
  open_ = opened.ok();
  return opened;
}

void ScriptedStore::wait_for_room() {
  const auto wait = [](storage::Engine& engine) -> io::Task<Result<void>> {
    co_await engine.wait_for_room();
    co_return Result<void>();
  };
  const Result<void> waited = block_on(wait(*engine_));
  TERRACE_CHECK(waited.ok());
}

Result<void> ScriptedStore::write(const Effect& effect) {
  return block_on(write_task(effect));
}

io::Task<Result<void>> ScriptedStore::write_task(const Effect& effect) {
  Result<void> writable = engine_->writable(true);
  if (!writable.ok()) co_return writable;
  storage::FetchedRecords fetched_records;
  const std::vector<KeyName> keys = {{effect.database, effect.key}};
  Result<void> resident = co_await make_resident(*engine_, keys, fetched_records);
  if (!resident.ok()) co_return resident;
  const Entry entry{entry_id(site_.life, ++entries_), {effect}};
  change_store(*engine_, effect, fetched_records, static_cast<unsigned>(entries_));
  const std::string text = encode(entry);
  const std::string_view parts[] = {text};
  const std::uint64_t position = engine_->append(parts);
  site_.oracle.issue(position, site_.world.now_us(), {effect});
  engine_->commit();
  while (engine_->released_position() < position) {
    if (engine_->log_failed()) co_return engine_->writable(false);
    co_await engine_->position_changed().wait();
  }
  co_return Result<void>();
}

Result<std::optional<Value>> ScriptedStore::read(const std::string& key) {
  return block_on(read_task(key));
}

io::Task<Result<std::optional<Value>>> ScriptedStore::read_task(const std::string& key) {
  storage::FetchedRecords fetched_records;
  const KeyName name{0, key};
  const std::vector<KeyName> keys = {name};
  Result<void> resident = co_await make_resident(*engine_, keys, fetched_records);
  if (!resident.ok()) co_return resident.error();
  co_return read_key(*engine_, name, fetched_records, storage::Access::kPeek);
}

Result<Model> ScriptedStore::read_everything() {
  return block_on(simulation::read_everything(*engine_, site_.oracle.current().database_count()));
}

Result<void> ScriptedStore::close(bool with_checkpoint) {
  site_.oracle.promise(engine_->durable_position());
  Result<void> closed = block_on(engine_->close(with_checkpoint));
  if (closed.ok()) site_.oracle.promise_all();
  open_ = false;
  return closed;
}

void ScriptedStore::kill() {
  site_.oracle.promise(engine_->durable_position());
  disk_->abandon();
  site_.world.drop_events();
  static_cast<void>(engine_.release());
  static_cast<void>(ledger_.release());
  static_cast<void>(replayer_.release());
  static_cast<void>(environment_.release());
  static_cast<void>(workers_.release());
  static_cast<void>(disk_.release());
}

}  // namespace terrace::simulation
