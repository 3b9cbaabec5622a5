// Function check compares counts and totals of a day's files and refuses those that differ (DESIGN §4
// step 3).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("check") })
}
