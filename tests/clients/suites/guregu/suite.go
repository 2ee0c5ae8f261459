// Package suite names the module whose tests are run.
package suite

import _ "github.com/guregu/dynamo/v2"
