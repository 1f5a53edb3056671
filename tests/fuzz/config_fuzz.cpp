// Hugging Face config.json: an accepted one has a parameter count.
#include "runtime/model/config.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::ModelConfig config;
  const bool accepted = npu::fuzz::accepts(
      [&] { config = npu::parse_model_config(npu::fuzz::text(data, size), "config.json"); });
  if (accepted) npu::fuzz::require(npu::parameter_count(config) > 0);
  return 0;
}
