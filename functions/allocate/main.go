// Function allocate shares out what capped campaigns have (R14, DESIGN §4 step 5).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("allocate") })
}
