# Sourced by the tests in this folder: starts the server binary and points the AWS CLI at it.
binary=${TAILRACE_BINARY:-../../../build/release/tailrace}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER='' AWS_MAX_ATTEMPTS=1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_DEFAULT_OUTPUT=text

# start_server [options]: sets $endpoint; the server ends with the test.
start_server() {
  coproc SERVER { exec "$binary" --port 0 --log-level warn "$@"; }
  trap 'kill "$SERVER_PID" 2>/dev/null; wait "$SERVER_PID" 2>/dev/null || true' EXIT
  read -r line <&"${SERVER[0]}"
  endpoint=http://${line#*http://}
}

aws() {
  command aws --endpoint-url "$endpoint" "$@"
}

# expect TEXT COMMAND...: the command's output must be TEXT.
expect() {
  local wanted=$1 got
  shift
  got=$("$@")
  if [ "$got" != "$wanted" ]; then
    printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$*" "$wanted" "$got" >&2
    exit 1
  fi
}

# expect_failure TEXT COMMAND...: the command must fail and say TEXT.
expect_failure() {
  local wanted=$1 got
  shift
  if got=$("$@" 2>&1); then
    printf 'FAILED: %s\n  expected a failure with: %s\n  got: %s\n' "$*" "$wanted" "$got" >&2
    exit 1
  fi
  case "$got" in
    *"$wanted"*) ;;
    *) printf 'FAILED: %s\n  expected: %s\n  got: %s\n' "$*" "$wanted" "$got" >&2; exit 1 ;;
  esac
}
