# The tests of guregu/dynamo, from its Go module, unmodified.
set -eu
. ../cli/support.sh
command -v go >/dev/null || { echo "skipped: no Go"; exit 77; }
export GOTOOLCHAIN=local
cd guregu
timeout 200 go mod download || { echo "skipped: Go cannot get the modules"; exit 77; }
start_server
export DYNAMO_TEST_ENDPOINT=$endpoint DYNAMO_TEST_REGION=us-east-1 DYNAMO_TEST_TABLE=Widgets DYNAMO_TEST_TABLE2=Sprockets
go test -count=1 github.com/guregu/dynamo/v2
