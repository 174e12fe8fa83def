#include "tests/simulation/clients/server_operator.h"

namespace terrace::simulation {

std::vector<Arguments> ServerOperator::draw() {
  const std::uint64_t choice = random_.below(100);
  if (choice < 40) {
    return {{"select", std::to_string(random_.below(profile_.databases))},
            {"terrace", "spill", random_.coin() ? generator_.any_key() : generator_.account()}};
  }
  if (choice < 55) return {{"terrace", "spill", "all"}};
  if (choice < 65) return {{"terrace", "compact"}};
  if (choice < 97) return {{"terrace", "checkpoint"}};
  server_.clock().jump_ms(static_cast<std::int64_t>(random_.skewed(2'000)));
  return {{"ping"}};
}

io::Task<> ServerOperator::run() {
  SimulatedConnection& connection = server_.connect(true);
  while (!stopped_) {
    co_await server_.clock().sleep_us(static_cast<std::int64_t>(1 + random_.below(profile_.maintenance_us)));
    if (stopped_) break;
    const std::vector<Arguments> requests = draw();
    for (const Arguments& request : requests) connection.send(request);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const bool answered = static_cast<bool>(co_await connection.next_reply());
      if (!answered) break;
    }
  }
  connection.close(false);
}

}  // namespace terrace::simulation
