package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"multipoint/shared/table"
)

// each works on the messages of a batch, one after another, and names those that failed: only they come
// again, and after the queue's count of receives go to its dead-letter queue.
func (p *Program) each(
	ctx context.Context, function string, e *events.SQSEvent, do func(ctx context.Context, body string) error,
) (out events.SQSEventResponse) {
	start := time.Now()
	out.BatchItemFailures = []events.SQSBatchItemFailure{} // none is an empty list, never null
	for i := range e.Records {
		m := &e.Records[i]
		err := ctx.Err()
		if err == nil {
			err = do(ctx, m.Body)
		}
		if err == nil {
			continue
		}
		failed := events.SQSBatchItemFailure{ItemIdentifier: m.MessageId}
		out.BatchItemFailures = append(out.BatchItemFailures, failed)
		log := p.Log.Error
		if errors.Is(err, errWaiting) {
			log = p.Log.Info
		}
		log("a message comes again", "function", function, "message", m.MessageId,
			"received", m.Attributes["ApproximateReceiveCount"], "error", err.Error(),
			"request", requestID(ctx))
	}
	p.metrics.write(map[string]string{"Function": function}, took(start, time.Now()),
		figure{"Messages", "Count", float64(len(e.Records))},
		figure{"Failed", "Count", float64(len(out.BatchItemFailures))})
	return out
}

// errWaiting: it is not yet time; the message comes again.
var errWaiting = errors.New("waiting")

// batchOf is how many messages SQS takes at a time. Ours are of some hundred bytes, far below what it takes.
const batchOf = 10

// outgoing are messages on their way into a queue, ten at a time; flush sends those that are left.
type outgoing struct {
	program *Program
	queue   string // URL
	waiting []types.SendMessageBatchRequestEntry
}

// add sends a message, or keeps it until there are ten.
func (o *outgoing) add(ctx context.Context, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	id, text := strconv.Itoa(len(o.waiting)), string(body)
	o.waiting = append(o.waiting, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &text})
	if len(o.waiting) < batchOf {
		return nil
	}
	return o.flush(ctx)
}

// flush sends what waits. Error: also if the queue took some of them only; then all may be sent again.
func (o *outgoing) flush(ctx context.Context) error {
	if len(o.waiting) == 0 {
		return nil
	}
	out, err := o.program.queues.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
		QueueUrl: &o.queue, Entries: o.waiting,
	})
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("%d of %d were not taken: %s", len(out.Failed), len(o.waiting),
			aws.ToString(out.Failed[0].Code))
	}
	o.waiting = nil
	if err != nil {
		return fmt.Errorf("messages for %s: %w", o.queue, err)
	}
	return nil
}

// How long a payload is remembered: under way for as long as a function can run, done for longer than a
// queue keeps a message.
const (
	underWay  = 15 * time.Minute
	doneKnown = 15 * 24 * time.Hour
)

// States of a payload.
const (
	inProgress = "INPROGRESS"
	complete   = "COMPLETE"
)

// once does what a payload asks for unless it was done before, so that a message that comes twice costs one
// reading. One that is under way elsewhere is an errWaiting: it comes again. What do does must bear being
// done twice all the same: a function can be killed between the work and the note.
func (p *Program) once(ctx context.Context, function string, payload any, do func() error) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	key := table.Key{Partition: "ONCE\x00" + function + "\x00" + hex.EncodeToString(sum[:]), Sort: "-"}
	item := table.Item{Key: key, Expires: time.Now().Add(underWay).Unix(), Body: []byte(inProgress)}
	if deadline, ok := ctx.Deadline(); ok {
		item.Expires = deadline.Unix() + 1
	}
	err = p.Table.Put(ctx, item, table.IfAbsent)
	if errors.Is(err, table.ErrCondition) {
		return p.already(ctx, key)
	}
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, p.Table.Delete(context.WithoutCancel(ctx), item, table.Always))
	}
	item.Expires, item.Body = time.Now().Add(doneKnown).Unix(), []byte(complete)
	return p.Table.Put(ctx, item, table.Always)
}

// already says what became of a payload that somebody else has taken on.
func (p *Program) already(ctx context.Context, key table.Key) error {
	item, ok, err := p.Table.Get(ctx, key)
	if err != nil || ok && string(item.Body) == complete {
		return err
	}
	return fmt.Errorf("somebody else is at it: %w", errWaiting)
}
