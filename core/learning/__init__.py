"""Learning from outcomes: which hour, which kind, how often, for whom.

Models are small and Bayesian, of shared features with segment effects and personal counts shrunk towards
them: what is known of everybody serves the person about whom nothing is known. A fit is a function of
outcomes and a model before; nothing here reads a clock or throws dice.

features   columns about people -> numbers, the same at planning and at learning
logistic   Bayesian logistic regression (Laplace)
delay      how long answers take: silence so far is not a "no"
model      the beliefs about response, conversion and block, and predictions from them
fit        outcomes -> the next model
pace       how often is good for whom: the interval with the best value a day under fatigue
"""
