// Function mail tells everybody about a run (R23, DESIGN §4 step 10).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("mail") })
}
