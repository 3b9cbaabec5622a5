// Function rate gives a share of a day's transactions their points (DESIGN §4 step 4).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("rate") })
}
