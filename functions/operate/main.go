// Function operate shows, resumes and voids runs for the operator, who alone may call it.
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Operate })
}
