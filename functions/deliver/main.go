// Function deliver puts providers' files where their providers read them (DESIGN §4 step 9).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("deliver") })
}
