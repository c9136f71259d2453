module gorge.dev/peer

go 1.22
