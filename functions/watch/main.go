// Function watch looks for days that are late and runs that stopped (SPEC A25).
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Watch })
}
