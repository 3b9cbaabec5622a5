// Package flow holds the state machines of the product, as Step Functions reads them; one machine reads the
// very same files.
package flow

import "embed"

// Files are the definitions, <name>.asl.json.
//
//go:embed *.asl.json
var Files embed.FS
