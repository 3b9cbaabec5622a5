// Function grant makes a share of a day's final grants and returns (DESIGN §4 step 6).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("grant") })
}
