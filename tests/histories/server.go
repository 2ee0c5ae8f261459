package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

type server struct {
	process *exec.Cmd
	url     string
}

func startServer(binary, directory string, options ...string) (*server, error) {
	arguments := append([]string{"--port", "0", "--data-dir", directory, "--log-level", "error"}, options...)
	process := exec.Command(binary, arguments...)
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the server does not start: %v", process.Wait())
	}
	return &server{process: process, url: strings.TrimSpace(line[strings.Index(line, "http://"):])}, nil
}

// kill returns when the process is gone: nothing that it was asked for happens after that.
func (s *server) kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}
