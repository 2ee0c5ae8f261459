// Histories of concurrent clients against a server that is killed again and again, checked for linearizability by Porcupine:
// there must be one order of all operations, each at some moment between its call and its answer, that explains every answer.
//
//	histories -binary BINARY [-operations N] [-seed S]
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	clients       = 12
	hotGroups     = 3    // In use at a time; clients meet in them.
	groupLife     = 900  // Operations after which the oldest of them is left.
	epochLeast    = 1500 // Operations between two kills.
	epochMost     = 9000
	checkingLimit = 5 * time.Minute
)

// recorder gathers the operations of all clients.
type recorder struct {
	start      time.Time
	issued     atomic.Int64
	mutex      sync.Mutex
	history    []porcupine.Operation
	unanswered []int // Places in history, of this epoch.
	failure    error
}

func (r *recorder) now() int64 { return time.Since(r.start).Nanoseconds() }

func (r *recorder) add(operation porcupine.Operation) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if operation.Output.(output).unknown {
		r.unanswered = append(r.unanswered, len(r.history))
	}
	r.history = append(r.history, operation)
}

func (r *recorder) fail(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.failure == nil {
		r.failure = err
	}
}

// died tells when the server was dead: what was not answered has happened by then, or never.
func (r *recorder) died() {
	now := r.now()
	for _, place := range r.unanswered {
		r.history[place].Return = now
	}
	r.unanswered = nil
}

// chooser makes up operations. Of one client.
type chooser struct {
	random *rand.Rand
	known  map[[2]int]int64 // Last value seen of (group, item), for conditions that have a chance.
	values *atomic.Int64
}

func (c *chooser) next(issued int64) input {
	in := input{group: int(issued/groupLife) + c.random.Intn(hotGroups), kind: kind(c.random.Intn(int(getAll) + 3))}
	if in.kind > getAll {
		in.kind = getAll
	}
	items := c.random.Perm(itemsOfGroup)
	in.a, in.b, in.c = items[0], items[1], items[2]
	in.x = c.values.Add(1) << 20 // Far from each other, so that sums are as unique.
	in.how = [...]string{"PutItem", "GetItem", "DeleteItem", "UpdateItem", "PutItem if", "UPDATE", "TransactWriteItems", ""}[in.kind]
	switch in.kind {
	case add:
		in.x = int64(1 + c.random.Intn(9))
	case putIf:
		in.y = c.known[[2]int{in.group, in.a}]
	case transaction:
		in.y, in.d = int64(1+c.random.Intn(9)), c.known[[2]int{in.group, in.c}]
		if in.d == 0 {
			in.d = 1 // A delete of nothing is no part of the model's transaction.
		}
	case getAll:
		in.how = [...]string{"Query", "Query of the index", "TransactGetItems"}[c.random.Intn(3)]
	}
	return in
}

func (c *chooser) learn(in input, out output) {
	switch in.kind {
	case get, add:
		c.known[[2]int{in.group, in.a}] = out.value
	case put:
		c.known[[2]int{in.group, in.a}] = in.x
	case getAll:
		for item, value := range out.all {
			c.known[[2]int{in.group, item}] = value
		}
	}
}

// converse runs one client until the server dies or the epoch is over.
func converse(id int, url string, choose *chooser, record *recorder, over func(int64) bool) {
	connection := newClient(url)
	defer connection.close()
	for {
		issued := record.issued.Add(1)
		if over(issued) {
			return
		}
		in := choose.next(issued)
		operation := porcupine.Operation{ClientId: id, Input: in, Call: record.now()}
		out, err := connection.do(in)
		operation.Return = record.now()
		var refused *refusal
		switch {
		case errors.As(err, &refused):
			record.fail(fmt.Errorf("%s: %w", in.how, err))
			return
		case err != nil:
			operation.Output = output{unknown: true}
			record.add(operation)
			return
		}
		operation.Output = out
		record.add(operation)
		choose.learn(in, out)
	}
}

// readAgain reads every group once more, as the end of its history.
func readAgain(url string, record *recorder) error {
	connection := newClient(url)
	defer connection.close()
	groups := map[int]bool{}
	for _, operation := range record.history {
		groups[operation.Input.(input).group] = true
	}
	for group := range groups {
		for _, how := range []string{"Query", "Query of the index"} {
			in := input{kind: getAll, group: group, how: how}
			call := record.now()
			out, err := connection.do(in)
			if err != nil {
				return err
			}
			record.add(porcupine.Operation{ClientId: clients, Input: in, Call: call, Output: out, Return: record.now()})
		}
	}
	return nil
}

func run(binary, directory string, operations int64, random *rand.Rand, record *recorder) (kills int, err error) {
	var values atomic.Int64
	choosers := make([]*chooser, clients)
	for i := range choosers {
		choosers[i] = &chooser{random: rand.New(rand.NewSource(random.Int63())), known: map[[2]int]int64{}, values: &values}
	}
	for record.issued.Load() < operations && record.failure == nil {
		durability := []string{"process", "process", "process", "power"}[random.Intn(4)]
		running, err := startServer(binary, directory, "--durability", durability)
		if err != nil {
			return kills, err
		}
		if kills == 0 {
			if err := createTable(newClient(running.url)); err != nil {
				running.kill()
				return kills, err
			}
		}
		// Killed by one client while the others are in the middle of something.
		end := record.issued.Load() + epochLeast + random.Int63n(epochMost-epochLeast)
		var once sync.Once
		over := func(issued int64) bool {
			if issued >= end {
				once.Do(running.kill)
			}
			return issued >= end
		}
		var group sync.WaitGroup
		for i, choose := range choosers {
			group.Add(1)
			go func(i int, choose *chooser) {
				defer group.Done()
				converse(i, running.url, choose, record, over)
			}(i, choose)
		}
		group.Wait()
		running.kill()
		record.died()
		kills++
	}
	if record.failure != nil {
		return kills, record.failure
	}
	running, err := startServer(binary, directory)
	if err != nil {
		return kills, err
	}
	defer running.kill()
	return kills, readAgain(running.url, record)
}

func main() {
	binary := flag.String("binary", "", "the server")
	operations := flag.Int64("operations", 100_000, "how many")
	seed := flag.Int64("seed", time.Now().UnixNano()%1_000_000_000, "of what clients do and when the server is killed")
	flag.Parse()
	fmt.Printf("seed %d\n", *seed)
	directory, err := os.MkdirTemp("", "tailrace-histories-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(directory)
	record := &recorder{start: time.Now()}
	kills, err := run(*binary, directory, *operations, rand.New(rand.NewSource(*seed)), record)
	if err != nil {
		fmt.Printf("FAILED with -seed %d: %v\n", *seed, err)
		os.Exit(1)
	}
	took := time.Since(record.start).Seconds()
	if complaint := judge(record.history); complaint != "" {
		fmt.Printf("FAILED with -seed %d: %s\n", *seed, complaint)
		os.Exit(1)
	}
	unknown := 0
	for _, operation := range record.history {
		if operation.Output.(output).unknown {
			unknown++
		}
	}
	fmt.Printf("%d operations of %d clients, %d kills, %d unanswered, in %.1f s; linearizable, checked in %.1f s\n",
		len(record.history), clients, kills, unknown, took, time.Since(record.start).Seconds()-took)
}
