// Function plan writes down what there is to do for an attempt of a day.
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Step("plan") })
}
