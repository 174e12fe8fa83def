// The parsers of directives whose values are more than one word or number. Each parse_ function returns the canonical
// text or an error with the message of Redis. Each assign_ function takes a canonical text.
// Thread: plain functions; parse_dir changes the process' working directory, as Redis does.
#pragma once

#include <span>
#include <string>

#include "io/result.h"
#include "src/config/settings.h"

namespace terrace {

Result<std::string> parse_bind(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_dir(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_save(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_output_limits(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_percentiles(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_events(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_oom_values(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_octal(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_replicaof(std::span<const std::string> words, const std::string& current);
void assign_events(Settings& settings, const std::string& value);
void assign_clients_memory(Settings& settings, const std::string& value);
void assign_replicaof(Settings& settings, const std::string& value);
Result<std::string> parse_memory_or_percent(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_active_defrag(std::span<const std::string> words, const std::string& current);
// The order of SORT ALPHA, of the whole process; "": as the environment says.
Result<std::string> parse_collation(std::span<const std::string> words, const std::string& current);
void assign_collation(Settings& settings, const std::string& value);
Result<std::string> parse_host_name(std::span<const std::string> words, const std::string& current);
Result<std::string> parse_title_template(std::span<const std::string> words, const std::string& current);

void assign_bind(Settings& settings, const std::string& value);
void assign_dir(Settings& settings, const std::string& value);
void assign_output_limits(Settings& settings, const std::string& value);
void assign_percentiles(Settings& settings, const std::string& value);
void assign_octal(Settings& settings, const std::string& value);

}  // namespace terrace
