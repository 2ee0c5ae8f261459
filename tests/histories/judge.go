package main

import (
	"fmt"
	"os"

	"github.com/anishathalye/porcupine"
)

// judge says what is wrong with a history, or nothing.
func judge(history []porcupine.Operation) string {
	model := nondeterministic.ToModel()
	result, information := porcupine.CheckOperationsVerbose(model, history, checkingLimit)
	switch result {
	case porcupine.Illegal:
		return "not linearizable; " + visualize(model, information)
	case porcupine.Unknown:
		return fmt.Sprintf("not decided within %s", checkingLimit)
	}
	// A judge that finds nothing must be able to: an answer that nobody could have given is to be found.
	forged := append([]porcupine.Operation(nil), history...)
	for i := len(forged) / 2; i < len(forged); i++ {
		out := forged[i].Output.(output)
		if forged[i].Input.(input).kind != get || out.unknown {
			continue
		}
		out.value = -1
		forged[i].Output = out
		if porcupine.CheckOperations(model, groupOf(forged, forged[i].Input.(input).group)) {
			return "the checker takes a forged answer"
		}
		return ""
	}
	return "there is no read in the history"
}

func groupOf(history []porcupine.Operation, group int) []porcupine.Operation {
	var part []porcupine.Operation
	for _, operation := range history {
		if operation.Input.(input).group == group {
			part = append(part, operation)
		}
	}
	return part
}

func visualize(model porcupine.Model, information porcupine.LinearizationInfo) string {
	file, err := os.CreateTemp("", "tailrace-history-*.html")
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if err := porcupine.Visualize(model, information, file); err != nil {
		return err.Error()
	}
	return "drawn in " + file.Name()
}
