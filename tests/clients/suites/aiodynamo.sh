# The integration tests of aiodynamo, from its source distribution, unmodified.
set -eu
. ../cli/support.sh
version=26.4
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
if [ ! -d "packages/aiodynamo-$version" ]; then
  new=$(mktemp -d)
  { timeout 200 python3 -m pip install -q --target "$new/site" "aiodynamo==$version" httpx pytest pytest-asyncio &&
    timeout 100 python3 -m pip download -q --no-deps --no-binary :all: -d "$new" "aiodynamo==$version"; } ||
    { echo "skipped: PyPI cannot provide aiodynamo"; exit 77; }
  mkdir -p packages
  mv "$new/site" packages/
  tar -xzf "$new/aiodynamo-$version.tar.gz" -C packages
fi
start_server
export DYNAMODB_URL=$endpoint PYTHONPATH=$PWD/packages/site
cd "packages/aiodynamo-$version"
python3 -m pytest -q -p no:cacheprovider tests/integration
