package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// A group is three items of one partition key, the largest thing that one operation touches; groups are independent.
const itemsOfGroup = 3

// values of a group's items; 0 is no item.
type values [itemsOfGroup]int64

type kind int

const (
	put         kind = iota // a's value becomes x; answers the old one.
	get                     // Answers a's value.
	remove                  // Answers the old value of a.
	add                     // a's value goes up by x, from 0 if there is none; answers the new one.
	putIf                   // As put if a's value is y; answers whether.
	transaction             // a becomes x, b goes up by y, c is removed, if d holds of c's value; answers whether.
	getAll                  // Answers all values: by Query, by the index, by TransactGetItems.
	overwrite               // a's value becomes x if it has one; answers whether.
)

type input struct {
	kind    kind
	group   int
	a, b, c int
	x, y, d int64
	how     string // By which call.
}

func (in input) isConditional() bool {
	return in.kind == putIf || in.kind == overwrite || in.kind == transaction
}

// What was answered. Unknown: the server died first; whatever it did, it did before it was dead.
type output struct {
	unknown bool
	done    bool
	value   int64
	all     values
}

// after gives the state after the operation and what it answers; an operation that is refused leaves the state alone.
func after(state values, in input) (values, output) {
	old := state[in.a]
	switch in.kind {
	case put:
		state[in.a] = in.x
		return state, output{done: true, value: old}
	case get:
		return state, output{done: true, value: old}
	case remove:
		state[in.a] = 0
		return state, output{done: true, value: old}
	case add:
		state[in.a] += in.x
		return state, output{done: true, value: state[in.a]}
	case putIf:
		if old != in.y {
			return state, output{}
		}
		state[in.a] = in.x
		return state, output{done: true}
	case overwrite:
		if old == 0 {
			return state, output{}
		}
		state[in.a] = in.x
		return state, output{done: true}
	case transaction:
		if state[in.c] != in.d {
			return state, output{}
		}
		state[in.a] = in.x
		state[in.b] += in.y
		state[in.c] = 0
		return state, output{done: true}
	default:
		return state, output{done: true, all: state}
	}
}

var nondeterministic = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byGroup := map[int][]porcupine.Operation{}
		for _, operation := range history {
			group := operation.Input.(input).group
			byGroup[group] = append(byGroup[group], operation)
		}
		var parts [][]porcupine.Operation
		for _, part := range byGroup {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() []interface{} { return []interface{}{values{}} },
	Step: func(state, in, out interface{}) []interface{} {
		next, expected := after(state.(values), in.(input))
		seen := out.(output)
		switch {
		case seen.unknown && next != state.(values):
			return []interface{}{state, next}
		case seen.unknown:
			return []interface{}{state}
		case seen != expected:
			return nil
		default:
			return []interface{}{next}
		}
	},
	Equal: func(a, b interface{}) bool { return a == b },
	DescribeOperation: func(in, out interface{}) string {
		i, o := in.(input), out.(output)
		return fmt.Sprintf("%s a=%d b=%d c=%d x=%d y=%d d=%d -> %+v", i.how, i.a, i.b, i.c, i.x, i.y, i.d, o)
	},
}
