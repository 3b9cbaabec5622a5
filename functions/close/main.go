// Function close writes the proof of a run (DESIGN §4 step 11).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("close") })
}
