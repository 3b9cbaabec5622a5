// Function settle proves a day's totals and commits it (R20, R22, DESIGN §4 step 7).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("settle") })
}
