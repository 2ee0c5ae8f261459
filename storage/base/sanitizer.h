// Which sanitizer this is built with: g++ and clang tell it differently.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAILRACE_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define TAILRACE_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TAILRACE_ADDRESS_SANITIZER
#endif
#if defined(__SANITIZE_THREAD__)
#define TAILRACE_THREAD_SANITIZER
#endif
