// Function files writes providers' files (R21, DESIGN §4 step 6).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("files") })
}
