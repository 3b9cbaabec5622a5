// Function stop records why a run stopped (DESIGN §4).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("stop") })
}
