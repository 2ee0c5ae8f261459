// Runs a fuzz target over files, with any compiler: the seeds, and the cases that fuzzing has
// found. Each is also cut short at every byte, which costs little and is what most breaks a reader
// of texts.
//
//   fuzz_NAME_cases FOLDER
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  constexpr std::size_t kCutsMax = 300;  // Of one file.
  if (argc != 2) return 2;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout);  // If it crashes, this is the last line.
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    for (std::size_t cut = 0; cut <= std::min(text.size(), kCutsMax); ++cut) {
      const std::vector<std::uint8_t> bytes(text.begin(), text.end() - static_cast<long>(cut));
      LLVMFuzzerTestOneInput(bytes.data(),
                             bytes.size());  // A copy of its own: reads beyond it are seen.
    }
  }
  std::printf("%zu files\n", files.size());
  return files.empty() ? 1 : 0;
}
