// Function intake takes uploads in (DESIGN §4 step 0): messages of the queue that events of the inbox go to.
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Intake })
}
