// Function convert turns a share of a day's files into the common layout (DESIGN §4 step 2).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("convert") })
}
