-- One statement a line, largest first; an empty line: wait until all above are done.
ALTER TABLE salaries ADD PRIMARY KEY (emp_no, from_date)
ALTER TABLE titles ADD PRIMARY KEY (emp_no, title, from_date)
ALTER TABLE dept_emp ADD PRIMARY KEY (emp_no, dept_no)
CREATE INDEX dept_emp_dept_no ON dept_emp (dept_no)
ALTER TABLE employees ADD PRIMARY KEY (emp_no)
ALTER TABLE departments ADD PRIMARY KEY (dept_no)
ALTER TABLE departments ADD CONSTRAINT dept_name UNIQUE (dept_name)
ALTER TABLE dept_manager ADD PRIMARY KEY (emp_no, dept_no)
CREATE INDEX dept_manager_dept_no ON dept_manager (dept_no)

ALTER TABLE salaries ADD CONSTRAINT salaries_fk_emp FOREIGN KEY (emp_no) REFERENCES employees ON DELETE CASCADE NOT VALID
ALTER TABLE titles ADD CONSTRAINT titles_fk_emp FOREIGN KEY (emp_no) REFERENCES employees ON DELETE CASCADE NOT VALID
ALTER TABLE dept_emp ADD CONSTRAINT dept_emp_fk_emp FOREIGN KEY (emp_no) REFERENCES employees ON DELETE CASCADE NOT VALID
ALTER TABLE dept_emp ADD CONSTRAINT dept_emp_fk_dept FOREIGN KEY (dept_no) REFERENCES departments ON DELETE CASCADE NOT VALID
ALTER TABLE dept_manager ADD CONSTRAINT dept_manager_fk_emp FOREIGN KEY (emp_no) REFERENCES employees ON DELETE CASCADE NOT VALID
ALTER TABLE dept_manager ADD CONSTRAINT dept_manager_fk_dept FOREIGN KEY (dept_no) REFERENCES departments ON DELETE CASCADE NOT VALID

ALTER TABLE salaries VALIDATE CONSTRAINT salaries_fk_emp
ALTER TABLE titles VALIDATE CONSTRAINT titles_fk_emp
ALTER TABLE dept_emp VALIDATE CONSTRAINT dept_emp_fk_emp
ALTER TABLE dept_emp VALIDATE CONSTRAINT dept_emp_fk_dept
ALTER TABLE dept_manager VALIDATE CONSTRAINT dept_manager_fk_emp
ALTER TABLE dept_manager VALIDATE CONSTRAINT dept_manager_fk_dept
