module redoubt.test/workload

go 1.19
