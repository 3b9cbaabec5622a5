// Function post writes a committed run into the ledger (R19, DESIGN §4 step 8).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("post") })
}
