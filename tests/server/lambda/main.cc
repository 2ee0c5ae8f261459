// As the product's main(): these tests start this program anew, to keep the processes of functions.
#include <gmock/gmock.h>

#include "server/lambda/process_keeper.h"

int main(int argc, char** argv) {
  if (const auto exit_code = tailrace::lambda::keep_process(argc, argv)) return *exit_code;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
