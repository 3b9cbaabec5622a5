// Function open opens the days of all retailers and starts their executions (DESIGN §4 step 1).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Open })
}
