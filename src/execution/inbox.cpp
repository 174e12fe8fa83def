#include "src/execution/inbox.h"

#include "storage/base/mutant.h"

namespace terrace {

void Inbox::push(std::string_view bytes, std::uint64_t position) {
  constexpr std::size_t kLarge = 16 << 10;  // smaller outputs are charged at the end of the turn
  if (session_.ends()) return;
  OutputBuffer& output = channel_.output();
  const std::size_t start = output.size();
  const std::uint64_t hard_limit = settings_.output_limits[session_.output_class()].hard_bytes;
  gate_.mark(channel_);
  const std::size_t size = start + bytes.size();
  if ((hard_limit > 0 && size > hard_limit) || (size > kLarge && gate_.memory_short())) {
    session_.output_exceeded = true;
    return;
  }
  output.bytes() += bytes;
  if (size > kLarge) output.charge();
  if (storage::mutant(storage::Mutant::kMessageBeforePosition)) return;
  if (position > gate_.released()) output.gate(start, position, gate_.turn());
}

}  // namespace terrace
