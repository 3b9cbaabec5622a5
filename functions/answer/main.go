// Function answer works out what a provider's answer or an adjustment changes (R19).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("answer") })
}
