// Function feedback notes what became of mails (R23): messages of the queue that events of SES go to.
package main

import "multipoint/shared/cloud"

func main() {
	cloud.Run(func(p *cloud.Program) any { return p.Feedback })
}
